// A moment on the clocks of two zones.

export const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Milliseconds by which the clocks of `zone` are ahead of UTC at `instant`. */
export function ahead(zone, instant) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric",
  });
  const { year, month, day, hour, minute } = Object.fromEntries(
    format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(instant / 60_000) * 60_000;
}

/** Say in `place` what the reader's clock shows at `instant`, where the clocks of `zone` show something else. */
export function sayHere(place, instant, zone) {
  place.hidden = Number.isNaN(instant) || ahead(zone, instant) === ahead(here, instant);
  if (place.hidden) return;
  const language = document.documentElement.lang || "en";
  const time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(instant);
  place.textContent = place.dataset.here.replace("{time}", time).replace("{zone}", here);
}
