// Formulas on every page, also on those that are loaded without a new page.
document$.subscribe(() => {
  for (const each of document.querySelectorAll(".arithmatex:not(:has(.katex))")) {
    const [, begin, formula] = each.textContent.match(/^\s*(\\\(|\\\[)([\s\S]*)\\[)\]]\s*$/);
    katex.render(formula, each, { displayMode: begin === "\\[", throwOnError: false });
  }
});
