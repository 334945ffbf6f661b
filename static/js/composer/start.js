// The start time in the reader's own zone, where that is not the team's.

import { ahead, sayHere } from "../zones.js";

const input = document.querySelector("[data-start]");
const place = document.querySelector("[data-here]");

/** The instant at which the clocks of `zone` show `picked` ("2026-11-28T09:00"). */
function instantOf(picked, zone) {
  const asUtc = Date.parse(`${picked}:00Z`);
  return asUtc - ahead(zone, asUtc - ahead(zone, asUtc));
}

function show() {
  const zone = input.dataset.zoneName;
  const instant = input.value ? instantOf(input.value, zone) : NaN;
  sayHere(place, instant, zone);
}

input.addEventListener("input", show);
// Enter presses the form's first button, which sends at once: here it means the button below.
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  input.closest("dialog").querySelector("[data-schedule]").click();
});
show();
