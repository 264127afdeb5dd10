// Tables of class "sortable": a click on a column's name sorts by it, and long ones get a field that filters their rows.
(function () {
  "use strict";
  var LONG = 8;  // rows from which a filter saves looking

  function key(row, column) {
    var cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  }
  function order(a, b) {
    if (typeof a === "number" && typeof b === "number") { return a - b; }
    return String(a).localeCompare(String(b), undefined, {numeric: true});
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    var body = table.tBodies[0], heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down > 0 ? "ascending" : "descending");
        Array.from(body.rows).sort(function (a, b) {
          return down * order(key(a, column), key(b, column));
        }).forEach(function (row) { body.appendChild(row); });
      });
    });
    if (body.rows.length >= LONG) {
      var field = document.createElement("input");
      field.type = "search";
      field.placeholder = "show rows that hold \u2026";
      field.setAttribute("aria-label", "filter the rows of this table");
      field.className = "filter";
      field.addEventListener("input", function () {
        var wanted = field.value.toLowerCase();
        Array.from(body.rows).forEach(function (row) {
          row.hidden = !row.textContent.toLowerCase().includes(wanted);
        });
      });
      table.parentNode.parentNode.insertBefore(field, table.parentNode);
    }
  });
  // On paper nothing can be unfolded.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (fold) { fold.open = true; });
  });
})();
