/* Inside another site's page: says how high it is, and only to a page that the link names. Never says an answer. */
(function () {
  var me = document.currentScript.dataset, sites = JSON.parse(me.sites), to = null;
  if (parent === window) return;
  function tell(more) {
    if (!to) return;
    parent.postMessage(Object.assign({
      afterword: me.slug, height: Math.ceil(document.body.getBoundingClientRect().height),
      title: me.title, close: me.close, done: !!document.querySelector("[data-done]")
    }, more), to);
  }
  addEventListener("message", function (event) {
    if (event.source !== parent || sites.indexOf(event.origin) < 0) return;
    if (!event.data || event.data.afterword !== me.slug) return;
    to = event.origin;
    tell();
  });
  if (window.ResizeObserver) new ResizeObserver(function () { tell(); }).observe(document.body);
  addEventListener("keydown", function (event) { if (event.key === "Escape") tell({ escape: true }); });
})();
