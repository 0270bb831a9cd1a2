"""How the page looks, and the few lines of script that sort and filter its tables."""

PAGE = (
    ":root{--ink:#1c1e21;--soft:#5c6370;--line:#e3e5e8;--paper:#fff;--back:#f6f7f8;"
    "--link:#0b5cad;--tint:16%}"
    "@media screen and (prefers-color-scheme:dark){:root{--ink:#e4e6e9;--soft:#a0a6b0;"
    "--line:#33383f;--paper:#16181c;--back:#1e2126;--link:#79b8ff;--tint:38%}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,"
    "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
    "-webkit-text-size-adjust:100%;overflow-wrap:anywhere}"
    "main{max-width:64rem;margin:0 auto;padding:2rem 1.25rem 4rem}"
    "h1{font-size:1.7rem;line-height:1.25;margin:0 0 1rem}"
    "h2{font-size:1.3rem;margin:0 0 .75rem;padding-top:2rem;border-top:1px solid var(--line)}"
    "h3{font-size:1rem;margin:2rem 0 .4rem}"
    ".lead{font-size:1.1rem;margin:0 0 1.25rem}p,li{max-width:52rem}.pieces{max-width:none}"
    "a{color:var(--link)}nav ul{list-style:none;padding:0;margin:0 0 1rem}"
    "nav li{margin:0 0 .5rem}nav a{font-weight:600;text-decoration:none;margin-right:.35rem}"
    "section{margin:0 0 3rem}figure{margin:0 0 1.5rem}figcaption p{margin:0 0 .6rem;"
    "color:var(--soft);font-size:.875rem}figure>svg{display:block;overflow:visible}"
    "details{margin:.6rem 0;font-size:.875rem}summary{cursor:pointer;color:var(--soft)}"
    # a shadow at the right while there is more to see, which the paper hides at the end
    ".wide{overflow-x:auto;margin:.4rem 0;background:linear-gradient(to left,var(--paper) 50%,"
    "transparent) right/3rem 100% no-repeat local,linear-gradient(to left,var(--line),"
    "transparent) right/1rem 100% no-repeat scroll}"
    "table{border-collapse:separate;border-spacing:0;font-size:.875rem;line-height:1.4;"
    "font-variant-numeric:tabular-nums}"
    "th,td{padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--line);text-align:left;"
    "vertical-align:baseline;overflow-wrap:normal}"
    "th{color:var(--soft);font-weight:600;vertical-align:bottom}"
    ".number{text-align:right}"
    ".number small{color:var(--soft);font-size:.8125rem;font-weight:400}.many small{display:block}"
    "tr>:first-child{position:sticky;left:0;background:var(--paper)}"
    "td{white-space:nowrap}td.long{white-space:normal;min-width:14rem;overflow-wrap:anywhere}"
    "td.long:first-child{min-width:11rem}"
    ".note{color:var(--soft);font-size:.8125rem;margin:.4rem 0;padding:0}"
    "ul.note{padding-left:1.1rem}"
    ".row{font:600 1rem ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "margin:1.4rem 0 .2rem}.series{color:var(--soft);font-size:.8125rem;margin:.5rem 0 .15rem}"
    ".pieces{margin:0;line-height:1.9;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"
    "'DejaVu Sans Mono',monospace;font-size:.875rem}"
    ".pieces span{display:inline-block;line-height:1.35;max-width:100%;white-space:pre-wrap;"
    "border-radius:3px;padding:0 .2rem;margin:0 2px 4px 0;border-bottom:2px solid;"
    "print-color-adjust:exact}td.pieces{min-width:8rem;white-space:normal}"
    + "".join(
        f".pieces .p{i}{{background:color-mix(in srgb,{one} var(--tint),transparent);"
        f"border-color:{one}}}"
        for i, one in enumerate(("#0072b2", "#d55e00", "#009e73", "#cc79a7"))
    )
    + "footer{border-top:1px solid var(--line);padding-top:.5rem}"
    "pre,.signature{font:.8125rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;"
    "background:var(--back);padding:.6rem .8rem;border-radius:4px;white-space:pre-wrap;margin:0;"
    "overflow-wrap:anywhere}.signature p{margin:0 0 .4rem}"
    ".sorts{cursor:pointer}.filter{font:inherit;font-size:.875rem;padding:.25rem .5rem;"
    "color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:4px}"
    "@media(max-width:30rem){main{padding:1.25rem 1rem 3rem}h1{font-size:1.4rem}"
    ".number small{display:block}td.long:first-child{max-width:45vw}}"
    "@media print{@page{margin:15mm}main{max-width:none;padding:0}body{font-size:10.5pt}"
    ".filter{display:none}figure>svg,tr{break-inside:avoid}h2,h3,figcaption{break-after:avoid}"
    ".wide{overflow:visible;background:none}.number small{display:block;font-size:8.25pt}"
    "table{font-size:8.5pt}td:not(.number){white-space:normal}"
    "tr>:first-child{position:static}td.long{min-width:0}}"
)
SORTING = """
for (const table of document.querySelectorAll('main table')) {
  const body = table.tBodies[0], rows = [...body.rows];
  const of = (row, i) => row.cells[i].textContent;
  const number = text => parseFloat(text.replace(/,/g, ''));
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    let up = true;
    head.className += ' sorts';
    head.title = 'sort';
    head.onclick = () => {
      const order = (a, b) => {
        const x = number(of(a, i)), y = number(of(b, i));
        if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y) || of(a, i).localeCompare(of(b, i));
        return up ? x - y : y - x;
      };
      body.append(...rows.sort(order));
      up = !up;
    };
  });
  if (rows.length < 15) continue;
  const filter = document.createElement('input');
  filter.className = 'filter';
  filter.placeholder = 'filter rows';
  filter.setAttribute('aria-label', 'filter rows');
  filter.oninput = () => rows.forEach(row => {
    row.hidden = !row.textContent.toLowerCase().includes(filter.value.toLowerCase());
  });
  table.parentNode.before(filter);
}
"""
