// A link that is followed by itself where the address ends in its mark: <a href="…" data-follow="#pay">. Coming back, it
// is an ordinary link.
const link = document.querySelector("[data-follow]");
if (link && location.hash === link.dataset.follow) {
  history.replaceState(null, "", location.pathname + location.search);
  location.assign(link.href);
}
