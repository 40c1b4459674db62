// Comforts of a new survey's first page: languages are found by typing, the preview follows the choices.
// Without this file the list is scrolled, and the preview speaks the language that was suggested.
(() => {
  const form = document.querySelector("[data-start]");
  if (!form) return;
  const frame = document.querySelector("[data-preview]");
  const search = form.querySelector("[data-search]");
  const count = form.querySelector("[data-count]");
  const nothing = form.querySelector("[data-nothing]");
  const tongues = [...form.querySelectorAll("[data-find]")];
  const main = form.elements.default_locale;
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  const tell = () => {
    const on = tongues.filter((tongue) => tongue.querySelector("input").checked).length;
    count.textContent = count.dataset.count.replace("#", String(on));
  };

  const show = () => {
    const address = new URL(frame.src);
    address.searchParams.set("lang", main.value);
    if (form.elements.expectation?.checked) address.searchParams.set("expectation", "1");
    else address.searchParams.delete("expectation");
    frame.contentWindow.location.replace(address);
  };

  const keep = () => {
    for (const tongue of tongues) {
      const box = tongue.querySelector("input");
      if (box.value === main.value) box.checked = true;
    }
    tell();
  };

  search.hidden = false;
  search.addEventListener("input", (event) => {
    const wanted = plain(event.target.value.trim());
    for (const tongue of tongues) tongue.hidden = !plain(tongue.dataset.find).includes(wanted);
    nothing.hidden = tongues.some((tongue) => !tongue.hidden);
  });
  // Enter in the search would send the form; it takes the first language found instead.
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const found = tongues.find((tongue) => !tongue.hidden)?.querySelector("input");
    if (found && event.target.value.trim()) { found.checked = true; keep(); }
  });
  form.addEventListener("change", (event) => {
    if (event.target === main || event.target.name === "locales") keep();
    if (event.target === main || event.target.name === "expectation") show();
  });
  keep();
})();
