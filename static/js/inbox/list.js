// The list of conversations: which one is open, and how many rows it keeps when it is brought up to date.

const number = () => document.querySelector("#conversation[data-number]")?.dataset.number;

function markOpen() {
  for (const link of document.querySelectorAll(".inbox-row-link[aria-current]")) link.removeAttribute("aria-current");
  const row = document.getElementById(`row-${number()}`);
  row?.querySelector(".inbox-row-link").setAttribute("aria-current", "true");
}

// The rows that further pages have added are asked for again, so that nothing above the eye moves.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id === "rows") event.detail.parameters.rows = document.querySelectorAll(".inbox-row").length;
});

document.addEventListener("htmx:afterSettle", markOpen);
document.addEventListener("htmx:historyRestore", markOpen);
markOpen();
