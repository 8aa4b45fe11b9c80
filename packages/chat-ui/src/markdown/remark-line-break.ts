import type { Html, Root } from 'mdast';
import { visit } from 'unist-util-visit';

/** Breaks the line at `<br>`: in a table models have no other way. All other HTML stays text. */
export function remarkLineBreak() {
  return (tree: Root): void => {
    visit(tree, 'html', ({ value }: Html, index, parent) => {
      if (parent && index !== undefined && /^<br\s*\/?>$/i.test(value)) parent.children[index] = { type: 'break' };
    });
  };
}
