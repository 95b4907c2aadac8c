/**
 * What is to be seen on the page that the browser shows. Runs inside of it; resolves with
 * `{ title, tables: [rows], alerts: [text], text }`.
 */
(async () => {
  // Scripts that wait for the page begin in the next frames.
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 20)));
  await frame();
  await frame();
  const tidy = (text) => text.replace(/\s+/g, ' ').trim();
  const isShown = (element) => element.getClientRects().length > 0;
  const main = document.querySelector('#page-content, .page-body, main') ?? document.body;
  const rowsOf = (table) =>
    [...table.querySelectorAll('tbody tr')].filter((row) => row.querySelectorAll('td').length > 1).length;
  const shown = (selector) => [...document.querySelectorAll(selector)].filter(isShown);
  return {
    title: document.title,
    tables: shown('table.object-list, table.table').map(rowsOf),
    alerts: shown('.alert-danger, .alert-warning, .toast')
      .map((element) => tidy(element.innerText))
      .filter(Boolean),
    text: tidy(main?.innerText ?? ''),
  };
})();
