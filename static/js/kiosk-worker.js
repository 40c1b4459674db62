/* Lets the page of a device open without a connection. It keeps that page alone, and nothing that anybody typed. */
self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });
self.addEventListener("fetch", function (event) {
  var url = new URL(event.request.url);
  if (event.request.mode !== "navigate" || event.request.method !== "GET" || url.searchParams.get("kiosk") !== "1") return;
  var kept = url.pathname + "?kiosk=1&again=1";
  event.respondWith(fetch(event.request).then(function (reply) {
    if (!reply.ok) return reply;
    var copy = reply.clone();
    return caches.open("afterword-kiosk").then(function (box) { return box.put(kept, copy); }).then(function () { return reply; });
  }).catch(function () {
    return caches.match(kept).then(function (found) { return found || Response.error(); });
  }));
});
