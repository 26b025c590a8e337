"""What the page "What is emulated" says of dashboards."""

from __future__ import annotations

from rehearsal.emulation import Notes

NOTES = Notes(
    title="AI/BI dashboards",
    summary="Lakeview dashboards: a draft, its published copy, and its widgets with the rows that their queries give.",
    works=(
        "Drafts with etags, publishing, unpublishing, trash, permissions; content is checked when it is stored.",
        "Counters, tables, lines, bars, areas, scatters, pies, texts and filters, each with the rows of its own query; "
        "all run at once, and one that fails shows its error in its place.",
        "Published with embedded credentials the publisher's rights count, else the viewer's; of a draft the viewer's.",
        "Datasets' parameters with single values, chosen by the viewer or by default.",
    ),
    differs=(
        "A filter of a field shows its values but filters no other widget.",
        "A widget has at most 10,000 rows and is drawn from the first of its queries.",
    ),
    refused=(
        "Schedules, subscriptions, embedding and Genie of dashboards.",
        "Widgets of other types are shown with a word that they are not drawn.",
    ),
)
