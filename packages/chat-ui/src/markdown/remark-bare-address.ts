import type { Link, Root } from 'mdast';
import { visit } from 'unist-util-visit';

/**
 * Ends an address in running text at its first character that is not ASCII. GFM goes on to the next space, and
 * Japanese has none: in `詳細はhttps://example.com/を見て` all of `を見て` would belong to the address. An address with
 * such characters still works in `<…>` or `[…](…)`.
 */
export function remarkBareAddress() {
  return (tree: Root, file: { toString(): string }): void => {
    const source = String(file);
    visit(tree, 'link', (link: Link, index, parent) => {
      const text = link.children[0];
      const start = link.position?.start.offset;
      if (parent === undefined || index === undefined || start === undefined || text?.type !== 'text') return;
      if (source[start] === '<' || source[start] === '[') return;
      const end = text.value.search(/[^\x21-\x7e]/);
      if (end === -1) return;

      const rest = text.value.slice(end);
      const address = text.value.slice(0, end);
      text.value = address;
      link.url = /^[a-z]+:/i.test(address) ? address : `http://${address}`;
      parent.children.splice(index + 1, 0, { type: 'text', value: rest });
      return index + 2;
    });
  };
}
