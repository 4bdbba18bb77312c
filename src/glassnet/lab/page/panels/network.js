// The network: in words, as a picture, layer by layer, and how it is trained. All of them agree.
import { html } from "../elements.js";
import { Detail } from "./network/detail.js";
import { LayerForm, totals } from "./network/layer.js";
import { Picture } from "./network/picture.js";
import { Sample } from "./network/sample.js";
import { TrainingForm } from "./network/training.js";
import { Words } from "./network/words.js";

export function network(panel, lab) {
  let facts = null, kinds = null, asked = null;
  const put = (words) => lab.ask("layers", { words });
  const words = new Words(put);
  const layer = new LayerForm({ put, moved: (row) => picture.pressed(row) });
  const picture = new Picture(lab, { choose: (row) => layer.show(row), add: (row, text) => layer.add(row, text) });
  const detail = new Detail({ choose: (what) => lab.choose("weight", what), look: (what) => picture.look(what) });
  const sample = new Sample((what) => lab.ask("look_at", what));
  const training = new TrainingForm(lab);
  const total = html("p", { class: "net-total" });
  const names = html("datalist", { id: "net-initializers" });
  panel.append(words.element, total, picture.element, sample.element, detail.element, layer.element, training.element, names);

  lab.on("settings", (message) => {
    facts = message;
    total.textContent = totals(facts);
    settle();
    choices();
  });
  lab.on("frame", (frame) => {
    picture.show(frame);
    if (facts) sample.show(frame);
    if (facts) detail.show(facts, frame);
  });
  lab.on("chosen:sample", (what) => what && lab.say("look_at", { part: what.part, index: what.index }));
  lab.on("chosen:weight", () => picture.look(null));
  lab.on("chosen:unit", (what) => lab.say("unit", what ? { column: what.column, place: what.unit } : {}));

  function settle() {
    words.settle(facts);
    picture.settle(facts, kinds);
    sample.settle(facts);
    layer.settle(facts, kinds);
    training.settle(facts, kinds);
  }

  /** What may be chosen: which losses, the data decide. */
  async function choices() {
    const data = JSON.stringify([facts.data.name, facts.data.task, facts.data.outputs]);
    if (data === asked) return;
    asked = data;
    kinds = await lab.say("kinds");
    if (!kinds) return;
    names.replaceChildren(...kinds.initializers.map((value) => html("option", { value })));
    settle();
  }
}
