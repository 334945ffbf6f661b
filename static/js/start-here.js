// The start time of a broadcast on the reader's own clock, where that is not the team's; again after each live update.

import { sayHere } from "./zones.js";

function show() {
  for (const place of document.querySelectorAll("[data-start-at]")) {
    sayHere(place, Date.parse(place.dataset.startAt), place.dataset.zoneName);
  }
}

document.addEventListener("htmx:afterSettle", show);
show();
