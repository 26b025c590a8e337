// What links and forms cannot do: "/" to the search, arrows in the tree, pages of what runs that renew themselves.
"use strict";

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.getElementById("search");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

// A one-time address: its code is behind "#", which browsers keep to themselves.
const signIn = document.getElementById("sign-in");
if (signIn && location.hash.startsWith("#sign-in-")) {
  document.getElementById("credential").value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  signIn.submit();
}

// The tree of the catalog, by https://www.w3.org/WAI/ARIA/apg/patterns/treeview/.
const tree = document.querySelector("[role=tree]");
if (tree) {
  const items = () => [...tree.querySelectorAll("[role=treeitem]")].filter((item) => item.offsetParent !== null);
  const focus = (item) => {
    if (!item) return;
    tree.querySelectorAll("[role=treeitem][tabindex='0']").forEach((other) => other.setAttribute("tabindex", "-1"));
    item.setAttribute("tabindex", "0");
    item.focus();
  };
  const group = (item) => item.querySelector(":scope > [role=group]");
  const open = async (item) => {
    if (!group(item)) {
      const answer = await fetch(item.dataset.children, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      item.insertAdjacentHTML("beforeend", await answer.text()); // of our own server, which has escaped it
    }
    group(item).hidden = false;
    item.setAttribute("aria-expanded", "true");
  };
  const close = (item) => {
    group(item).hidden = true;
    item.setAttribute("aria-expanded", "false");
  };
  tree.addEventListener("keydown", (event) => {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = items();
    const expanded = item.getAttribute("aria-expanded");
    const acts = {
      ArrowDown: () => focus(all[all.indexOf(item) + 1]),
      ArrowUp: () => focus(all[all.indexOf(item) - 1]),
      Home: () => focus(all[0]),
      End: () => focus(all[all.length - 1]),
      Enter: () => item.querySelector(":scope > a").click(),
      " ": () => item.querySelector(":scope > a").click(),
      ArrowRight: () => {
        if (expanded === "false") open(item);
        else if (expanded === "true") focus(group(item).querySelector("[role=treeitem]"));
      },
      ArrowLeft: () => {
        if (expanded === "true" && group(item)) close(item);
        else focus(item.parentElement.closest("[role=treeitem]"));
      },
    };
    const act = acts[event.key];
    if (act) {
      event.preventDefault();
      act();
    } else if (event.key.length === 1) {
      const from = all.indexOf(item) + 1;
      focus([...all.slice(from), ...all].find((other) => other.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase())));
    }
  });
}

// Parts of a page that tell of something under way are fetched anew until it has ended; the focus stays where it is.
const renew = async () => {
  const page = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!page.ok || page.redirected) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  document.querySelectorAll("[data-live]").forEach((part) => {
    const next = fresh.getElementById(part.id);
    if (next && next.outerHTML !== part.outerHTML && !part.contains(document.activeElement)) part.replaceWith(next);
  });
  if (document.querySelector("[data-live=going]")) setTimeout(renew, 1500);
};
if (document.querySelector("[data-live=going]")) setTimeout(renew, 1500);
