// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { renderWithPreferences } from '../testing/render.tsx';
import { Markdown } from './markdown.tsx';
import { destinationOf, safeUrl } from './safe-url.ts';

const html = (text: string) =>
  renderWithPreferences(<Markdown text={text} />).container.querySelector('.tama-markdown')?.innerHTML;

const text = (source: string) =>
  renderWithPreferences(<Markdown text={source} />).container.querySelector('.tama-markdown')?.textContent;

describe('emphasis beside full-width punctuation', () => {
  it.each([
    ['これは**「重要」**です。', '<p>これは<strong>「重要」</strong>です。</p>'],
    ['**注意：**必ず確認', '<p><strong>注意：</strong>必ず確認</p>'],
    ['**東京（とうきょう）**は首都', '<p><strong>東京（とうきょう）</strong>は首都</p>'],
    ['**テスト。**次の文', '<p><strong>テスト。</strong>次の文</p>'],
    ['*強調。*続き', '<p><em>強調。</em>続き</p>'],
    ['**日本語`code`**です', '<p><strong>日本語<code>code</code></strong>です</p>'],
    ['**Gemma 2**は', '<p><strong>Gemma 2</strong>は</p>'],
    ['~~削除（済）~~です', '<p><del>削除（済）</del>です</p>'],
    ['10~20と30~40', '<p>10~20と30~40</p>'],
  ])('%s', (text, expected) => {
    expect(html(text)).toBe(expected);
  });
});

describe('lines', () => {
  it('break where the model broke them', () => {
    expect(html('古池や\n蛙飛びこむ\n水の音')).toBe('<p>古池や<br>\n蛙飛びこむ<br>\n水の音</p>');
  });

  it.each(['<br>', '<br/>', '<BR />'])('break at %s, as in the cells of a table', (br) => {
    expect(html(`| 果物 |\n|---|\n| りんご${br}みかん |`)).toContain('<td>りんご<br>\nみかん</td>');
    expect(html(`\`${br}\` <br onclick="x">`)).not.toContain('<br');
  });
});

describe('formulas', () => {
  it.each([
    String.raw`$a_1*b*c_2 \, d$`,
    String.raw`$$\int_0^1 x^2 \, dx = \frac{1}{3}$$`,
    String.raw`\(a_1*b*c \% d\)`,
    String.raw`\[ x = \{1, 2\} \\) \]`,
    String.raw`$$ price = \$5 * 2 * 3 $$`,
  ])('%s stay as they are', (formula) => {
    expect(text(`**式**: ${formula}です。*強調*`)).toBe(`式: ${formula}です。強調`);
    expect(html(`**式**: ${formula}です。*強調*`)).toContain('<strong>式</strong>');
  });

  it('that never end are looked for in time', () => {
    const endless = String.raw`\(x \[y `.repeat(10_000);
    expect(text(endless)?.length).toBe(60_000 - 1);
  });

  it('over several lines keep them, in a quotation too', () => {
    const lines = ['$$', String.raw`\begin{aligned}`, String.raw`a_1 &= b*c*d \\`, String.raw`\end{aligned}`, '$$'];
    expect(text(lines.join('\n'))).toBe(lines.join('\n'));
    expect(text(lines.map((line) => `> ${line}`).join('\n'))?.trim()).toBe(lines.join('\n'));
  });

  it.each([
    ['$5 and *all* of $10', '<p>$5 and <em>all</em> of $10</p>'],
    ['$5から*全部*で$10', '<p>$5から<em>全部</em>で$10</p>'],
    [String.raw`\[a\) *b*`, '<p>[a) <em>b</em></p>'],
    [String.raw`$ *a* $ と \$b と \(*c*`, '<p>$ <em>a</em> $ と $b と (<em>c</em></p>'],
    ['`$a$` と $', '<p><code>$a$</code> と $</p>'],
    ['$$ *a*', '<p>$$ <em>a</em></p>'],
  ])('are not found in %s', (source, expected) => {
    expect(html(source)).toBe(expected);
  });
});

describe('addresses', () => {
  const links = (text: string) =>
    Array.from(
      renderWithPreferences(<Markdown text={text} />).container.querySelectorAll('a'),
      (a) => [a.textContent, a.getAttribute('href')] as const,
    );

  it.each([
    ['詳細はhttps://example.com/を見て。続き', 'https://example.com/', 'https://example.com/'],
    ['www.example.comです', 'www.example.com', 'http://www.example.com/'],
    ['https://example.com/a?b=c#d です', 'https://example.com/a?b=c#d', 'https://example.com/a?b=c#d'],
    [
      '<https://ja.wikipedia.org/wiki/玉>',
      'https://ja.wikipedia.org/wiki/玉',
      'https://ja.wikipedia.org/wiki/%E7%8E%89',
    ],
    ['[玉](https://ja.wikipedia.org/wiki/玉)', '玉', 'https://ja.wikipedia.org/wiki/%E7%8E%89'],
    ['[mail](mailto:a@example.com)', 'mail', 'mailto:a@example.com'],
  ])('in %s end where they should', (text, shown, href) => {
    expect(links(text)).toEqual([[shown, href]]);
  });

  it('keep the text behind them', () => {
    const { container } = renderWithPreferences(<Markdown text="詳細はhttps://example.com/を見て。" />);
    expect(container.textContent).toBe('詳細はhttps://example.com/を見て。');
  });

  it('open elsewhere, and say where they lead', () => {
    const { container } = renderWithPreferences(<Markdown text="[your bank](https://evil.example/x)" />);
    const link = container.querySelector('a');
    expect(link?.rel.split(' ')).toEqual(expect.arrayContaining(['noopener', 'noreferrer']));
    expect(link?.target).toBe('_blank');
    expect(link?.title).toContain('https://evil.example/x');
    expect(container.textContent).toBe('your bank (evil.example)');
  });
});

describe('what a model must not do', () => {
  it.each([
    ['[x](javascript:alert(1))'],
    ['[x](JaVaScRiPt:alert(1))'],
    ['[x](java&#10;script:alert(1))'],
    ['[x](data:text/html,<script>alert(1)</script>)'],
    ['[x](vbscript:x)'],
    ['[x](file:///etc/passwd)'],
    ['[x](app://tama/)'],
    ['[x](/licence)'],
    ['[x](//evil.example)'],
    ['[x](#tama-composer)'],
    ['<javascript:alert(1)>'],
    ['[x][1]\n\n[1]: javascript:alert(1)'],
  ])('gives no link for %s', (text) => {
    const { container } = renderWithPreferences(<Markdown text={text} />);
    expect(container.querySelector('a')).toBeNull();
  });

  it.each([
    ['![a](https://evil.example/?q=secret)'],
    ['![a][1]\n\n[1]: https://evil.example/?q=secret'],
    ['<img src="https://evil.example/x.png">'],
    ['<picture><source srcset="https://evil.example/x"></picture>'],
    ['<iframe src="https://evil.example"></iframe>'],
    ['<script>alert(1)</script>'],
    ['<svg onload="alert(1)">'],
    ['<style>@import "https://evil.example"</style>'],
    ['<b onclick="alert(1)">x</b>'],
    ['<form action="https://evil.example"><input name="x"></form>'],
  ])('loads and runs nothing for %s', (text) => {
    const { container } = renderWithPreferences(<Markdown text={text} />);
    expect(container.querySelector('img, picture, source, iframe, script, svg, style, b, form, input')).toBeNull();
    const attributes = Array.from(container.querySelectorAll('*'), (element) => element.getAttributeNames()).flat();
    expect(attributes).not.toContain('src');
    expect(attributes.filter((name) => name.startsWith('on'))).toEqual([]);
  });

  it('shows HTML as the text it is', () => {
    expect(html('a <b>c</b>')).toBe('<p>a &lt;b&gt;c&lt;/b&gt;</p>');
  });

  it('names a picture that it leaves out', () => {
    const { container } = renderWithPreferences(<Markdown text="![a cat](https://evil.example/x)" />);
    expect(container.textContent).toBe('Image left out: a cat');
  });
});

describe('safeUrl', () => {
  it('shows a disguised host in punycode', () => {
    const url = safeUrl('https://аpple.com/');
    expect(url && destinationOf(url)).toBe('xn--pple-43d.com');
  });
});
