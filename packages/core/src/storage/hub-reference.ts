import { BadHubReferenceError } from './hub-errors.ts';
import { pathSegments } from './relative-path.ts';

/** A model on a hub: `hf:OWNER/REPO`, `hf:OWNER/REPO/FILE@REVISION`; a path that ends in `/` is a folder. */
export type HubReference = {
  /** `OWNER/REPO` */
  readonly repository: string;
  /** Of one file, or of a folder with a slash at its end; without it the repository's model is meant. */
  readonly path?: string;
  /** A branch, a tag, a commit or `refs/pr/N`. */
  readonly revision: string;
};

const MAIN = 'main';
const NAME = /^[A-Za-z0-9][\w.-]*$/;

/** Whether a text is meant as a reference to a hub, sound or not. */
export const isHubReference = (text: string): boolean => /^hf:/i.test(text);

/** @throws {BadHubReferenceError} @throws {UnsafePathError} */
export function parseHubReference(text: string): HubReference {
  const at = text.lastIndexOf('@');
  const [body, revision] = at < 0 ? [text, MAIN] : [text.slice(0, at), text.slice(at + 1)];
  const [owner = '', repository = '', ...path] = body.replace(/^hf:/i, '').split('/');
  if (!NAME.test(owner) || !NAME.test(repository) || !isRevision(revision)) throw new BadHubReferenceError(text);
  const file = path.join('/');
  if (file !== '') pathSegments(file.replace(/\/$/, ''));
  return { repository: `${owner}/${repository}`, revision, ...(file === '' ? {} : { path: file }) };
}

/** The other way round: what {@link parseHubReference} reads, without a revision where it is `main`. */
export const formatHubReference = ({ repository, path, revision }: HubReference): string =>
  `hf:${repository}${path === undefined ? '' : `/${path}`}${revision === MAIN ? '' : `@${revision}`}`;

/** What git allows in a name, as far as it matters here: nothing that would change the meaning of a URL. */
const isRevision = (text: string): boolean => /^[\w.+-]+(\/[\w.+-]+)*$/.test(text) && !/(^|\/)\.\.?(\/|$)/.test(text);
