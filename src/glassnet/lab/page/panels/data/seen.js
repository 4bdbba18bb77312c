// What the network sees in a drawing: the picture as it takes it, and the probability of each class.
import { channels, colour, html, unpacked } from "../../elements.js";

const WAIT = 300; // milliseconds between two questions while it trains

export function makeSeen(lab) {
  const picture = html("canvas", { id: "seen-picture", class: "data-seen", role: "img", "aria-label": "The drawing as the network takes it" });
  const prediction = html("p", { id: "seen-prediction", role: "status" });
  const bars = html("ul", { id: "seen", class: "data-bars" });
  const element = html("div", { hidden: true }, html("div", { class: "data-seen-row" }, picture, prediction), bars);
  let strokes = [], allowed = false, asked = 0, busy = false, classes = "";
  lab.on("frame", () => { if (Date.now() - asked > WAIT) question(); });
  return {
    element,
    allow(now) { allowed = now; },
    ask(drawing) {
      strokes = drawing;
      element.hidden = !allowed || !strokes.length;
      question();
    },
  };

  async function question() {
    if (!allowed || busy || !strokes.length || !element.isConnected || !element.offsetParent) return;
    busy = true;
    asked = Date.now();
    const of = strokes;
    const reply = await lab.ask("see", { drawing: of }).catch(() => null);
    busy = false;
    if (reply) show(reply);
    if (of !== strokes) question();
  }

  function show(reply) {
    const [height, width] = reply.picture.shape;
    paint(unpacked(reply.picture).values, height, width);
    const now = JSON.stringify(reply.classes);
    if (now !== classes) {
      classes = now;
      bars.replaceChildren(...reply.classes.map((name) => html("li", {}, html("span", {}, name), html("div", {}, html("i")), html("output", {}))));
    }
    reply.probabilities.forEach((p, n) => {
      const row = bars.children[n];
      row.querySelector("i").style.width = `${100 * p}%`;
      row.querySelector("output").textContent = `${(100 * p).toFixed(1)} %`;
      row.classList.toggle("data-best", reply.classes[n] === reply.prediction);
    });
    const sentence = `Prediction: ${reply.prediction}`;
    if (prediction.textContent !== sentence) prediction.textContent = sentence;
  }

  function paint(ink, height, width) {
    Object.assign(picture, { width, height });
    const context = picture.getContext("2d");
    const image = context.createImageData(width, height);
    const [paper, pen] = ["--ground", "--ink"].map((name) => channels(colour(name)));
    ink.forEach((share, at) => {
      for (let c = 0; c < 3; c++) image.data[4 * at + c] = paper[c] + share * (pen[c] - paper[c]);
      image.data[4 * at + 3] = 255;
    });
    context.putImageData(image, 0, 0);
  }
}
