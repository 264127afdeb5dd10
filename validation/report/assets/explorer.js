// A slider over p that moves truth and networks side by side. It reads the data element beside it, and nothing else.
(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("explorer-data").textContent);
  var slider = document.getElementById("explorer-p");
  var where = document.getElementById("explorer-where");
  var panels = document.getElementById("explorer-panels");
  var NS = "http://www.w3.org/2000/svg";
  var SIZE = 220, BARS = 60, PAD = 10;

  function make(name, attributes, parent) {
    var node = document.createElementNS(NS, name);
    for (var key in attributes) { node.setAttribute(key, attributes[key]); }
    parent.appendChild(node);
    return node;
  }
  function text(tag, words, parent) {
    var node = document.createElement(tag);
    node.textContent = words;
    parent.appendChild(node);
    return node;
  }
  var span = Math.max(data.high[0] - data.low[0], data.high[1] - data.low[1], 1e-12);
  var scale = (SIZE - 2 * PAD) / span;
  var shift = [0, 1].map(function (k) {
    return SIZE / 2 - scale * (data.low[k] + data.high[k]) / 2;
  });
  function x(point) { return shift[0] + scale * point[0]; }
  function y(point) { return SIZE - (shift[1] + scale * point[1]); }

  var views = data.paths.map(function (path) {
    var box = document.createElement("div");
    box.className = "explorer-panel";
    panels.appendChild(box);
    text("h3", path.name, box);
    var svg = make("svg", {viewBox: "0 0 " + SIZE + " " + (SIZE + BARS), role: "img",
      "aria-label": "samples of " + path.name + " in two dimensions, and singular values of A"}, box);
    make("rect", {x: 0.5, y: 0.5, width: SIZE - 1, height: SIZE - 1, class: "edge"}, svg);
    var trails = path.points[0].map(function (unused, n) {
      var line = make("polyline", {fill: "none", stroke: data.colours[n], "stroke-width": 0.6,
        "stroke-opacity": 0.45}, svg);
      return line;
    });
    var dots = path.points[0].map(function (unused, n) {
      return make("circle", {r: 3.2, fill: data.colours[n], "fill-opacity": 0.85}, svg);
    });
    make("text", {x: SIZE - PAD, y: SIZE + 12, "font-size": 9, class: "grey", "text-anchor": "end"}, svg)
      .textContent = "singular values of A";
    var wide = (SIZE - 2 * PAD) / path.spectrum[0].length;
    var bars = path.spectrum[0].map(function (unused, k) {
      return make("rect", {x: PAD + k * wide + 1, width: Math.max(1, wide - 2), class: "grey"}, svg);
    });
    return {path: path, dots: dots, trails: trails, bars: bars, numbers: text("p", "", box)};
  });
  (data.legend || []).forEach(function (entry) {
    var item = text("span", entry.name, document.getElementById("explorer-legend"));
    item.style.borderColor = entry.colour;
  });

  function mix(a, b, t) {
    return Array.isArray(a) ? a.map(function (v, k) { return mix(v, b[k], t); }) : (1 - t) * a + t * b;
  }
  function digits(v) { return String(Number(Number(v).toPrecision(3))).replace("-", "\u2212"); }

  function show() {
    var p = Number(slider.value);
    views.forEach(function (view) {
      var path = view.path, at = path.positions, layer = 0;
      while (layer < at.length - 2 && at[layer + 1] <= p) { layer += 1; }
      var t = Math.min(1, Math.max(0, (p - at[layer]) / (at[layer + 1] - at[layer])));
      var points = mix(path.points[layer], path.points[layer + 1], t);
      points.forEach(function (point, n) {
        view.dots[n].setAttribute("cx", x(point).toFixed(2));
        view.dots[n].setAttribute("cy", y(point).toFixed(2));
        var way = path.points.slice(0, layer + 1).map(function (row) { return row[n]; }).concat([point]);
        view.trails[n].setAttribute("points", way.map(function (q) {
          return x(q).toFixed(1) + "," + y(q).toFixed(1);
        }).join(" "));
      });
      mix(path.spectrum[layer], path.spectrum[layer + 1], t).forEach(function (value, k) {
        var height = (BARS - 16) * value / data.top;
        view.bars[k].setAttribute("y", (SIZE + BARS - height).toFixed(2));
        view.bars[k].setAttribute("height", height.toFixed(2));
      });
      view.numbers.textContent = "layer " + (layer + 1) + " of " + (at.length - 1) + ": kinetic energy " +
        digits(path.kinetic[layer]) + ", cost of identity " + digits(path.identity[layer]) +
        ", \u2212(2/L\u0303)H " + digits(path.hamiltonian[layer]);
    });
    where.textContent = "p = " + p.toFixed(3);
  }
  var wanted = /[#&]p=([0-9.]+)/.exec(location.hash);
  if (wanted) { slider.value = wanted[1]; }
  slider.addEventListener("input", function () { stop(); show(); });

  // From where the slider is to the end, at a pace that lets the eye follow; from the end, all over again.
  var WHOLE = 8000, button = document.getElementById("explorer-play"), running = null;  // milliseconds from p = 0 to 1
  function stop() {
    if (running !== null) { cancelAnimationFrame(running.frame); }
    running = null;
    button.textContent = "play";
  }
  function tick(now) {
    var p = running.from + (now - running.since) / WHOLE;
    slider.value = Math.min(1, Math.max(0, p));
    show();
    if (p >= 1) { stop(); } else { running.frame = requestAnimationFrame(tick); }
  }
  button.addEventListener("click", function () {
    if (running !== null) { stop(); return; }
    var p = Number(slider.value);
    running = {from: p < 1 ? p : 0, since: performance.now()};
    button.textContent = "stop";
    running.frame = requestAnimationFrame(tick);
  });
  show();
})();
