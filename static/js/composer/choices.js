// What becomes of people whose channel refuses a message: one choice for all, and those made for a kind of channel.

const REST = "drop_part";

export class Choices {
  constructor(form, changed) {
    this.form = form;
    form.addEventListener("click", (event) => {
      const fix = event.target.closest("[data-fix]");
      if (!fix) return;
      this.#choose(fix.dataset.channel, fix.dataset.fix);
      changed();
    });
  }

  /** Whether people on this kind of channel get the rest of the messages. */
  sendsRest(channel) {
    const { on_unsupported: all, on_unsupported_by: by } = this.form.elements;
    return (JSON.parse(by.value)[channel] ?? all.value) === REST;
  }

  /** Without a channel the choice is for all, and those made before are forgotten. */
  #choose(channel, choice) {
    const { on_unsupported: all, on_unsupported_by: by } = this.form.elements;
    if (!channel) all.value = choice;
    by.value = JSON.stringify(channel ? { ...JSON.parse(by.value), [channel]: choice } : {});
  }
}
