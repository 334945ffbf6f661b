// The phone: what the first chosen person of a channel will see, drawn anew at every change.

import { rendered } from "./variables.js";
import { fill } from "./words.js";

const copyOf = (name) => document.getElementById(name).content.firstElementChild.cloneNode(true);

const FILL = {
  text: (row, part, person, _words, links) =>
    (row.querySelector("[data-words]").textContent = rendered(links.shown(part.text), person)),
  image: (row, part, _person, words) => {
    const picture = row.querySelector("[data-picture]");
    picture.src = part.url;
    picture.alt = part.name || words.picture;
  },
  video: (row, part) => {
    const picture = row.querySelector("[data-picture]");
    if (part.poster) picture.src = part.poster;
    row.querySelector("[data-length]").textContent = part.length ?? "";
  },
  file: (row, part) => {
    row.querySelector("[data-words]").textContent = part.name;
    row.querySelector("[data-about]").textContent = part.about ?? "";
  },
};

const filled = (part) => (part.kind === "text" ? part.text.trim() !== "" : Boolean(part.url));

export class Preview {
  constructor(phone, { channels, words }, choices, links) {
    this.links = links;
    this.channels = new Map(channels.map((channel) => [channel.kind, channel]));
    this.phone = phone;
    this.words = words;
    this.choices = choices;
    this.parts = [];
    for (const tab of this.#tabs()) tab.addEventListener("click", () => this.#choose(tab));
    this.phone.addEventListener("keydown", (event) => this.#walk(event));
  }

  #tabs() {
    return [...this.phone.querySelectorAll('[role="tab"]')];
  }

  #chosen() {
    return this.phone.querySelector('[role="tab"][aria-selected="true"]');
  }

  #choose(chosen) {
    for (const tab of this.#tabs()) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
    }
    this.draw(this.parts);
  }

  #walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = this.#tabs();
    const next = tabs[tabs.indexOf(event.target) + step];
    if (!next) return;
    this.#choose(next);
    next.focus();
  }

  /** Show `parts` ({kind, text, url, name, …, refused: Map of channel kind → rule}). */
  draw(parts) {
    this.parts = parts;
    const channel = this.channels.get(this.#chosen()?.dataset.channel);
    if (!channel) return;
    this.phone.querySelector("[data-phone]").dataset.phone = channel.kind;
    this.phone.querySelector("[data-person]").textContent = channel.person.name || this.words.somebody;
    const rows = parts
      .map((part, place) => this.#row(part, place, channel))
      .filter((row) => row !== null);
    this.phone.querySelector("[data-bubbles]").replaceChildren(...rows);
    this.phone.querySelector("[data-nothing]").hidden = rows.length > 0;
  }

  /** A bubble, or in its place why this channel's people do not see one; nothing for a message without content. */
  #row(part, place, channel) {
    const rule = part.refused.get(channel.kind);
    if (rule) {
      const row = copyOf("phone-refused");
      const text = this.choices.sendsRest(channel.kind) ? this.words.not_sent : this.words.left_out;
      row.querySelector("[data-words]").textContent = fill(text, { n: place + 1, channel: channel.label, rule });
      return row;
    }
    if (!filled(part)) return null;
    const row = copyOf(`phone-${part.kind}`);
    FILL[part.kind](row, part, channel.person, this.words, this.links);
    return row;
  }
}
