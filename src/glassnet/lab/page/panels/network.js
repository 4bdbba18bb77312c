// The network: its layers in words, which decide everything, and as a picture.
import { field, html } from "../elements.js";

export function network(panel, lab) {
  const words = html("input", { id: "layers", change: () => lab.set({ network: { layers: words.value.split(",").map((word) => word.trim()) } }) });
  const list = html("ol", { class: "layers" });
  panel.append(field("Layers", words), list);
  lab.on("settings", (facts) => {
    words.value = facts.settings.network.layers.join(", ");
    list.replaceChildren(...facts.layers.map((layer) =>
      html("li", {}, `${layer.words}: ${layer.output.join(" × ")}`)));
  });
}
