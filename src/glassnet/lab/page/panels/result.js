// The result: what the network makes of the plane.
import { channels, colour, html, number, unpacked } from "../elements.js";

export function result(panel, lab) {
  const canvas = html("canvas", { id: "plane", class: "plane", role: "img", "aria-label": "Decision regions" });
  const loss = html("p", { id: "loss" });
  panel.append(canvas, loss);
  lab.on("frame", (frame) => {
    loss.textContent = `loss of the step ${number(frame.loss)}`;
    canvas.hidden = !frame.plane?.winner;
    if (frame.plane?.winner) regions(canvas, frame.plane);
  });
}

function regions(canvas, { grid, winner, certainty }) {
  const classes = unpacked(winner).values;
  const sure = unpacked(certainty).values;
  const colours = Array.from({ length: 8 }, (_, n) => channels(colour(`--class-${n}`)));
  const paper = channels(colour("--ground"));
  canvas.width = canvas.height = grid;
  const context = canvas.getContext("2d");
  const image = context.createImageData(grid, grid);
  classes.forEach((name, at) => {
    const share = (0.15 + 0.6 * (sure[at] / 255)) * 0.8;
    for (let c = 0; c < 3; c++) image.data[4 * at + c] = colours[name % 8][c] * share + paper[c] * (1 - share);
    image.data[4 * at + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}
