// Addresses in texts, which become short links: the same rules as the server's (campaigns/links/finding.py), so that
// counters and the phone show what will be sent while one types. What is sent the server decides.

const TEXT = "A-Za-z0-9\\-._~:/?#\\[\\]@!$&'()*+,;=%";
const WORD = "\\p{L}\\p{N}";
const LINK = new RegExp(
  "(?<![A-Za-z0-9])https?://" +
    `(?<host>(?:[${WORD}](?:[${WORD}_\\-]*[${WORD}])?\\.)+` +
    `(?:[a-zA-Z0-9](?:[a-zA-Z0-9\\-]*[a-zA-Z0-9])?|(?:(?![\\x00-\\x7f])[${WORD}])+))` +
    `(?::\\d{1,5})?(?<rest>[/?#][${TEXT}]*)?`,
  "gu",
);
const SCHEME = /https?:\/\//gi;
const VARIABLE = /\{\{\s*[a-z_]+\s*(?:\|[^{}]*)?\}\}/g;
const GOES_ON = "/=&?#-_%+";
const PUNCTUATION = ".,;:!?'";
const OPEN = { ")": "(", "]": "[" };
const LETTER = new RegExp(`^[${WORD}]`, "u");
const LONGEST_LABEL = 63;

const count = (text, sign) => text.split(sign).length - 1;

function standsWhole(match, text) {
  const after = text.slice(match.index + match[0].length);
  if (after.startsWith("{") || (match.groups.rest === undefined && /^:?[^\s/?#]*@/.test(after))) return false;
  if (LETTER.test(after) && GOES_ON.includes(match[0].at(-1))) return false;
  return match.groups.host.split(".").every((label) => label.length <= LONGEST_LABEL);
}

function trimmed(url, before) {
  for (;;) {
    const last = url.at(-1);
    const unopened = last in OPEN && count(url, last) > count(url, OPEN[last]);
    if (!PUNCTUATION.includes(last) && !unopened && !("*_~".includes(last) && last === before)) return url;
    url = url.slice(0, -1);
  }
}

/** The links of a text: {start, url}, in order. */
export function linksIn(text) {
  const plain = text.replace(SCHEME, (scheme) => scheme.toLowerCase());
  const variables = [...text.matchAll(VARIABLE)].map((match) => [match.index, match.index + match[0].length]);
  return [...plain.matchAll(LINK)]
    .filter(({ index }) => !variables.some(([start, end]) => start <= index && index < end))
    .filter((match) => standsWhole(match, plain))
    .map(({ 0: url, index }) => ({ start: index, url: trimmed(url, plain[index - 1]) }));
}

/** The text with `short` in place of every link. */
export function shortened(text, short) {
  let said = "";
  let end = 0;
  for (const { start, url } of linksIn(text)) {
    said += text.slice(end, start) + short;
    end = start + url.length;
  }
  return said + text.slice(end);
}

/** The switch below the messages: seen only while a text has a link. */
export class LinkSwitch {
  constructor(box, changed) {
    this.box = box;
    this.input = box.querySelector('[type="checkbox"]');
    this.input.addEventListener("change", changed);
  }

  refresh(texts) {
    this.box.hidden = !texts.some((text) => linksIn(text).length);
  }

  /** As long as it will be. */
  counted(text) {
    return this.input.checked ? shortened(text, this.box.dataset.short) : text;
  }

  /** As people see it. */
  shown(text) {
    return this.input.checked ? shortened(text, this.box.dataset.shown) : text;
  }
}
