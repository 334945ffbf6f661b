// Texts come translated from the page (`setup.words`); `{name}` marks what is filled in here.

const language = () => document.documentElement.lang || "en";

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
export const figure = (number) => new Intl.NumberFormat(language()).format(number);
