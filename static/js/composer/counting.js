// How long a text is, as each provider counts it: LINE in UTF-16 units, WhatsApp in code points, Instagram in
// UTF-8 bytes. The server counts again; this only tells the person while they type.

const UNITS = {
  utf16: (text) => text.length,
  codepoints: (text) => [...text].length,
  utf8: (text) => new TextEncoder().encode(text).length,
};

const VARIABLE = /\{\{\s*[a-z_]+\s*(?:\|[^{}]*)?\}\}/g;

/** Length of `text` on `channel` with every variable at its longest, so that no name can make it too long. */
export const lengthFor = (channel, text) =>
  UNITS[channel.text_unit](text.replace(VARIABLE, "字".repeat(channel.longest_value)));

/** The chosen channel that leaves the least room for `text`, with what is used and what it allows. */
export function strictest(channels, text) {
  return channels
    .map((channel) => ({ channel, used: lengthFor(channel, text), limit: channel.max_text }))
    .reduce((tight, next) => (!tight || next.limit - next.used < tight.limit - tight.used ? next : tight), null);
}
