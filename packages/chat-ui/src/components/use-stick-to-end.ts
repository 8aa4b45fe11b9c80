import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/**
 * Keeps the end of a scrolling box in view while its content grows, until the reader scrolls away from it. Where it is
 * not `wanted`, the box stays as it is.
 *
 * @returns whether the end is in view, and a function that goes there
 */
export function useStickToEnd(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  wanted: boolean,
) {
  const [atEnd, setAtEnd] = useState(true);
  const sticks = useRef(true);

  useEffect(() => {
    const box = scroller.current;
    const inside = content.current;
    if (!box || !inside || !wanted) return;
    const toEnd = () => {
      if (sticks.current) box.scrollTop = box.scrollHeight;
    };
    const onScroll = () => {
      sticks.current = box.scrollHeight - box.scrollTop - box.clientHeight < 48;
      setAtEnd(sticks.current);
    };
    const observer = new ResizeObserver(toEnd);
    observer.observe(inside);
    observer.observe(box);
    box.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener('scroll', onScroll);
    };
  }, [scroller, content, wanted]);

  const toEnd = useCallback(() => {
    sticks.current = true;
    setAtEnd(true);
    const box = scroller.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, [scroller]);
  return { atEnd, toEnd };
}
