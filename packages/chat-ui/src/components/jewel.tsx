/** The mark: a ring of jade (玉 is a jewel, and a ball). It fills while a model loads and breathes while it works. */
export function Jewel({
  state = 'still',
  progress,
}: {
  readonly state?: 'still' | 'working' | 'failed';
  /** 0 to 1 while loading; undefined when there is nothing to fill. */
  readonly progress?: number | undefined;
}) {
  return (
    <svg className="tama-jewel" data-state={state} viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
      <circle className="tama-jewel-ground" cx="16" cy="16" r="10.5" pathLength="100" />
      <circle
        className="tama-jewel-ring"
        cx="16"
        cy="16"
        r="10.5"
        pathLength="100"
        strokeDasharray={progress === undefined ? undefined : `${Math.max(3, progress * 100)} 100`}
        transform="rotate(-90 16 16)"
      />
      <path className="tama-jewel-light" d="M5.1 10.9A12 12 0 0 1 10.9 5.1" />
    </svg>
  );
}
