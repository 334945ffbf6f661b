// Texts come translated from the page (`setup.words`); `{name}` marks what is filled in here.

const language = () => document.documentElement.lang || "en";

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
export const figure = (number) => new Intl.NumberFormat(language()).format(number);

/** Bytes as people say them, like the server does: "47 B", "820 KB", "3.4 MB". */
export const size = (bytes) => {
  const [amount, unit] = bytes < 1e3 ? [bytes, "B"] : bytes < 1e6 ? [bytes / 1e3, "KB"] : [bytes / 1e6, "MB"];
  return `${new Intl.NumberFormat(language(), { maximumFractionDigits: 1 }).format(amount)} ${unit}`;
};
