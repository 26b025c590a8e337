// Unpacks the Chromium that came by npm, with the libraries and fonts that a bare machine lacks.
// usage: node setup/chromium.mjs FOLDER   leaves FOLDER/chromium, FOLDER/lib and FOLDER/fonts.conf
import { createReadStream, createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
const { extract } = createRequire(entry)("tar-fs"); // of the release that the package itself asks for
const packed = join(dirname(entry), "..", "bin");
const folder = resolve(process.argv[2]);

const unpack = (name, target) => pipeline(createReadStream(join(packed, name)), createBrotliDecompress(), target);

mkdirSync(folder, { recursive: true });
await Promise.all([
  unpack("chromium.br", createWriteStream(join(folder, "chromium"), { mode: 0o755 })),
  unpack("al2023.tar.br", extract(folder)), // lib/: NSS and expat
  unpack("swiftshader.tar.br", extract(folder)), // beside the program, where it looks for them
  unpack("fonts.tar.br", extract(join(folder, "fonts"))),
]);
// The package's own configuration knows the folders of AWS Lambda; here the machine's fonts count, too, if it has any.
writeFileSync(
  join(folder, "fonts.conf"),
  `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${join(folder, "fonts", "fonts")}</dir>
  <cachedir>${join(folder, "cache")}</cachedir>
</fontconfig>
`,
);
