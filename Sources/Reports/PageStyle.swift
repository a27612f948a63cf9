/// How pages look: light, dark and printed.
enum PageStyle {
  static let sheet = """
    :root{color-scheme:light dark;\(ChartStyle.Palette.light.declarations);--band:#f5f6f8;--heat:0,114,178}
    @media (prefers-color-scheme:dark){:root{\(ChartStyle.Palette.dark.declarations);--band:#1e2125;--heat:86,180,233}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,"Noto Sans",sans-serif}
    main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}
    h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}
    h2{font-size:1.15rem;margin:2rem 0 .5rem;overflow-wrap:anywhere}
    p{margin:.25rem 0 .75rem;overflow-wrap:anywhere}
    .summary,figcaption{color:var(--dim)}
    figure{margin:0 0 1.25rem;break-inside:avoid}
    figcaption{font-size:.9rem;margin-bottom:.25rem;text-align:left;overflow-wrap:anywhere}
    svg{display:block;width:100%;height:auto}
    \(ChartStyle.shapes)\(ChartStyle.Palette.variables.rules)
    @media (max-width:40rem){svg text{font-size:17px}}
    .legend{display:flex;flex-wrap:wrap;gap:.1rem 1.25rem;font-size:.9rem;margin:0;padding:0;list-style:none}
    .legend svg{display:inline-block;width:28px;height:10px;margin-inline-end:.4rem;vertical-align:middle}
    .legend li{overflow-wrap:anywhere}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;font-size:.9rem}
    th,td{padding:.25rem .6rem;border-bottom:1px solid var(--rule);text-align:start;vertical-align:top;\
    overflow-wrap:anywhere;min-width:3ch}
    th{font-weight:600}tr{break-inside:avoid}
    .number{text-align:end;font-variant-numeric:tabular-nums;overflow-wrap:normal;white-space:nowrap}
    .heat tr :first-child,.numbers tr :first-child{min-width:8rem;text-align:left}
    thead .number{white-space:normal;overflow-wrap:anywhere;min-width:4rem}
    .numbers thead .number{overflow-wrap:break-word;min-width:0}
    .heat thead .number{text-align:center}
    .facts th{width:30%}.facts{width:100%}
    .heat td{text-align:center}
    pre{background:var(--band);padding:.75rem;margin:0 0 1rem;white-space:pre-wrap;overflow-wrap:anywhere;\
    font:.85rem/1.45 ui-monospace,"DejaVu Sans Mono",monospace}
    @media print{:root{\(ChartStyle.Palette.printed.declarations);--band:#f5f5f5;--heat:0,114,178}\
    body{font-size:11pt}th,td{padding:.2rem .4rem}main{max-width:none;padding:0}h2{break-after:avoid}\
    *{print-color-adjust:exact;-webkit-print-color-adjust:exact}.scroll{overflow:visible}figcaption~svg{max-height:5.4cm}section p{break-after:avoid}}
    """
}
