// Keys for the list of comments, and a tidy address while somebody types. Without this file all of it is links and forms.
(() => {
  const rows = () => [...document.querySelectorAll(".inbox-open")];
  const here = () => document.activeElement?.closest(".inbox-row");

  const move = (step) => {
    const links = rows();
    const at = links.indexOf(here()?.querySelector(".inbox-open"));
    const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1)];
    next?.focus();
    next?.closest(".inbox-row").scrollIntoView({ block: "nearest" });
  };

  const tag = () => {
    const box = here()?.querySelector(".tagger");
    if (!box) return false;
    box.open = true;
    box.querySelector("input[name=name]").focus();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
    if (event.target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") document.querySelector("[data-search]")?.focus();
    else if (event.key !== "t" || !tag()) return;
    event.preventDefault();
  });

  // An opened box is for typing.
  document.addEventListener("toggle", (event) => {
    if (event.target instanceof Element && event.target.matches(".tagger[open]")) event.target.querySelector("input[name=name]").focus();
  }, true);

  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.matches("[data-looking]")) return;
    for (const [name, value] of Object.entries(event.detail.parameters)) if (!value) delete event.detail.parameters[name];
    event.detail.path = location.pathname;
  });

  // After a tag was added or taken the row keeps the keyboard.
  document.addEventListener("htmx:afterSwap", (event) => {
    const row = document.getElementById(event.detail.target?.id)?.closest(".inbox-row");
    const box = row?.querySelector("[aria-invalid]");
    (box || row?.querySelector(".inbox-open"))?.focus();
  });
})();
