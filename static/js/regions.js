// Country codes in a select are named in the reader's language by the browser, and sorted by name.

const names = new Intl.DisplayNames([document.documentElement.lang], { type: "region" });
const order = new Intl.Collator(document.documentElement.lang);

for (const select of document.querySelectorAll("select[data-regions]")) {
  const chosen = select.value;
  const options = [...select.options];
  for (const option of options) option.textContent = names.of(option.value) ?? option.value;
  options.sort((a, b) => order.compare(a.textContent, b.textContent));
  select.append(...options);
  select.value = chosen;
}
