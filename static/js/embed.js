/* A survey inside any page:
     <script src="https://…/embed.js" data-link="SLUG" data-mode="inline|slide" async></script>
   data-lang="sl"      the language, else the browser's
   data-delay="5"      slide: seconds before it comes (3)
   data-scroll="50"    slide: percent of the page read before it comes
   data-again="30"     slide: days before it comes again to somebody who closed it or answered
   It hears from the survey how high it is and nothing of what is answered, and tells it nothing about the page. */
(function () {
  var me = document.currentScript;
  if (!me || !me.dataset.link) return;
  var set = me.dataset, slug = set.link, home = new URL(me.src).origin, key = "afterword:" + slug;
  var slide = set.mode === "slide", panel = null, button = null, before = null;
  var frame = document.createElement("iframe");
  frame.src = home + "/o/" + encodeURIComponent(slug) + "?embed=1" + (set.lang ? "&lang=" + encodeURIComponent(set.lang) : "");
  frame.title = set.title || "Survey";
  frame.allow = "";
  style(frame, { display: "block", width: "100%", height: "0", border: "0", background: "transparent", "color-scheme": "auto" });

  function style(element, rules) { for (var name in rules) element.style.setProperty(name, rules[name]); }
  function still() { return matchMedia("(prefers-reduced-motion: reduce)").matches; }
  function seen() {
    try { return Date.now() - Number(localStorage.getItem(key)) < (Number(set.again) || 30) * 864e5; } catch (e) { return false; }
  }
  function remember() { try { localStorage.setItem(key, String(Date.now())); } catch (e) { /* then it comes again */ } }

  frame.addEventListener("load", function () { frame.contentWindow.postMessage({ afterword: slug }, home); });
  addEventListener("message", function (event) {
    var said = event.data;
    if (event.origin !== home || event.source !== frame.contentWindow || !said || said.afterword !== slug) return;
    var height = Math.min(Math.max(Number(said.height) || 0, 0), 20000);
    if (said.title) frame.title = String(said.title);
    frame.style.height = height + "px";
    if (!slide) return;
    if (said.close) { button.setAttribute("aria-label", String(said.close)); panel.setAttribute("aria-label", frame.title); }
    if (said.done) remember();
    if (said.escape) leave();
    else if (height) show();
  });

  if (!slide) { me.after(frame); return; }
  if (seen()) return;

  function come() {
    if (panel) return;
    var dark = matchMedia("(prefers-color-scheme: dark)").matches;
    panel = document.createElement("div");
    button = document.createElement("button");
    panel.setAttribute("role", "dialog");
    style(panel, {
      position: "fixed", "z-index": "2147483000", bottom: "16px", "inset-inline-end": "16px", display: "flex", "flex-direction": "column",
      width: "min(400px, calc(100vw - 32px))", "max-height": "min(640px, calc(100vh - 32px))", "box-sizing": "border-box",
      overflow: "hidden", "border-radius": "14px", background: dark ? "#111419" : "#fbfaf7", color: dark ? "#eceef3" : "#181d27",
      border: "1px solid " + (dark ? "#343840" : "#d8dbe0"), "box-shadow": "0 12px 40px rgba(0,0,0,.28)",
      visibility: "hidden", opacity: "0", transform: still() ? "none" : "translateY(16px)",
      transition: still() ? "none" : "opacity .15s, transform .15s"
    });
    button.type = "button";
    button.textContent = "\u00d7";
    style(button, {
      flex: "none", "align-self": "flex-end", width: "44px", height: "44px", margin: "2px 2px -8px", padding: "0", border: "0", "border-radius": "10px",
      background: "none", color: "inherit", font: "24px/44px system-ui, sans-serif", cursor: "pointer"
    });
    button.addEventListener("click", leave);
    var scroller = document.createElement("div");
    style(scroller, { overflow: "auto", "min-height": "0", "overscroll-behavior": "contain" });
    scroller.append(frame);
    panel.append(button, scroller);
    panel.addEventListener("focusin", function (event) { before = before || event.relatedTarget; });
    document.body.append(panel);
  }
  function show() { style(panel, { visibility: "visible", opacity: "1", transform: "none" }); }
  function leave() {
    if (!panel) return;
    var inside = panel.contains(document.activeElement);
    remember();
    panel.remove();
    panel = null;
    removeEventListener("keydown", escape);
    if (inside && before && before.focus) before.focus();
  }
  function escape(event) {
    var at = document.activeElement;
    if (event.key === "Escape" && panel && (panel.contains(at) || at === document.body)) leave();
  }
  addEventListener("keydown", escape);

  var wanted = Number(set.scroll) || 0;
  function far() {
    var whole = document.documentElement.scrollHeight - innerHeight;
    return !wanted || whole <= 0 || scrollY / whole * 100 >= wanted;
  }
  setTimeout(function wait() {
    if (document.body && far()) come();
    else addEventListener("scroll", wait, { once: true, passive: true });
  }, 1000 * (set.delay === undefined ? 3 : Number(set.delay) || 0));
})();
