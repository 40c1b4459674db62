// The browser knows its time zone; a form that nobody has filled in yet starts with it.
document.addEventListener("DOMContentLoaded", () => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const field of document.querySelectorAll("[data-zone-guess]")) {
    const fits = field.tagName !== "SELECT" || [...field.options].some((option) => option.value === zone);
    if (zone && fits && !field.form.querySelector("[aria-invalid]")) field.value = zone;
  }
});

// A choice that is saved by its own button shows the button once there is something to save.
document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("[data-saves-itself]")) {
    const select = form.querySelector("select");
    const button = form.querySelector("button");
    const chosen = select.value;
    const show = () => { button.hidden = select.value === chosen; };
    select.addEventListener("change", show);
    show();
  }
});
