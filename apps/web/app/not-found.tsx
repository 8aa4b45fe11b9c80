import { NotFoundRoot } from '../src/not-found-root.tsx';

export default function NotFound() {
  return <NotFoundRoot />;
}
