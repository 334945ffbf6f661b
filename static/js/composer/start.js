// The start time in the reader's own zone, where that is not the team's.

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const input = document.querySelector("[data-start]");
const place = document.querySelector("[data-here]");

/** Milliseconds by which the clocks of `zone` are ahead of UTC at `instant`. */
function ahead(zone, instant) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric",
  });
  const { year, month, day, hour, minute } = Object.fromEntries(
    format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(instant / 60_000) * 60_000;
}

/** The instant at which the clocks of `zone` show `picked` ("2026-11-28T09:00"). */
function instantOf(picked, zone) {
  const asUtc = Date.parse(`${picked}:00Z`);
  return asUtc - ahead(zone, asUtc - ahead(zone, asUtc));
}

function show() {
  const zone = input.dataset.zoneName;
  const instant = input.value ? instantOf(input.value, zone) : NaN;
  place.hidden = Number.isNaN(instant) || ahead(zone, instant) === ahead(here, instant);
  if (place.hidden) return;
  const language = document.documentElement.lang || "en";
  const time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(instant);
  place.textContent = place.dataset.here.replace("{time}", time).replace("{zone}", here);
}

input.addEventListener("input", show);
// Enter presses the form's first button, which sends at once: here it means the button below.
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  input.closest("dialog").querySelector("[data-schedule]").click();
});
show();
