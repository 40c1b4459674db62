// A colour and a logo: the picker beside the hex field, a chosen file sent at once, what becomes of the colour, and the
// frames that show it. Without this file the form sends the file with everything else, and shows it after saving.
(() => {
  const LARGEST = 1024 * 1024;
  const HEX = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i;

  const hex = (text) => {
    const found = HEX.exec(text.trim());
    if (!found) return null;
    const digits = found[1].toLowerCase();
    return `#${digits.length === 6 ? digits : [...digits].map((digit) => digit + digit).join("")}`;
  };

  const wear = (box) => {
    const part = (name) => box.querySelector(`[data-look-${name}]`);
    const [picker, field, plain] = [part("picker"), part("color"), part("plain")];
    const [file, ident, shown, picture, remove, told] = [part("file"), part("id"), part("logo"), part("picture"), part("remove"), part("told")];
    let timer = 0;
    let asked = 0;

    const wrong = (key, words) => {
      const line = box.querySelector(`[data-look-wrong="${key}"]`);
      line.hidden = !words;
      line.lastElementChild.textContent = words;
      const input = key === "color" ? field : file;
      if (words) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    };

    const tell = async (color) => {
      const turn = ++asked;
      if (!color) { told.replaceChildren(); return; }
      const reply = await fetch(`${box.dataset.told}?color=${encodeURIComponent(color)}`);
      const html = reply.ok ? await reply.text() : "";
      if (turn === asked) told.innerHTML = html;
    };

    const changed = () => {
      const color = field.value.trim() ? hex(field.value) : "";
      const src = ident.value ? picture.getAttribute("src") : "";
      plain.hidden = !field.value;
      box.dispatchEvent(new CustomEvent("look:change", { bubbles: true, detail: { color: color || "", logo: ident.value, src } }));
      tell(color || "").catch(() => {});
    };

    const recolor = () => {
      const color = hex(field.value);
      if (color) picker.value = color;
      if (color || !field.value.trim()) wrong("color", "");
      clearTimeout(timer);
      if (color || !field.value.trim()) timer = setTimeout(changed, 120);
    };

    const send = async () => {
      const chosen = file.files[0];
      if (!chosen) return;
      if (chosen.size > LARGEST) { wrong("logo", box.dataset.tooLarge); file.value = ""; return; }
      const body = new FormData();
      body.append("logo", chosen);
      const token = box.closest("form")?.elements.csrf_token?.value || document.querySelector("input[name=csrf_token]")?.value || "";
      const reply = await fetch(box.dataset.upload, { method: "POST", body, headers: { "X-CSRFToken": token } });
      const answer = await reply.json();
      file.value = "";
      if (!reply.ok) { wrong("logo", answer.error || box.dataset.failed); return; }
      wrong("logo", "");
      ident.value = answer.id;
      Object.assign(picture, { src: answer.src, width: answer.width, height: answer.height });
      shown.hidden = false;
      changed();
    };

    for (const element of [picker, remove]) element.hidden = false;
    plain.hidden = !field.value;
    picker.addEventListener("input", () => { field.value = picker.value; recolor(); });
    field.addEventListener("input", recolor);
    field.addEventListener("change", () => {
      const color = hex(field.value);
      if (color) field.value = color;
      else if (field.value.trim()) wrong("color", box.dataset.noColor);
    });
    plain.addEventListener("click", () => { field.value = ""; recolor(); field.focus(); });
    file.addEventListener("change", () => { send().catch(() => wrong("logo", box.dataset.failed)); });
    remove.addEventListener("click", () => { ident.value = ""; shown.hidden = true; changed(); file.focus(); });
  };

  for (const box of document.querySelectorAll("[data-look]")) wear(box);

  const form = document.querySelector("[data-look-form]");
  if (!form) return;
  for (const element of form.querySelectorAll("[data-look-scriptless]")) element.remove();
  const name = form.querySelector("[data-look-name]");
  let worn = { color: form.elements.color.value, logo: form.elements.logo_id.value };
  let soon = 0;

  // A frame is replaced only in its place of the history, so that "back" leaves this page.
  const show = () => {
    for (const frame of document.querySelectorAll("[data-look-frame]")) {
      const query = new URLSearchParams({ color: worn.color, logo: worn.logo, name: name.value });
      frame.contentWindow.location.replace(`${frame.dataset.lookFrame}&${query}`);
    }
  };
  form.addEventListener("look:change", (event) => { worn = event.detail; show(); });
  name.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(show, 300); });
})();
