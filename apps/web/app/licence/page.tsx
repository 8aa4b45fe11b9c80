import type { Metadata } from 'next';
import { LicenceRoot } from '../../src/licence-root.tsx';

export const metadata: Metadata = { title: 'Licences and notices · Tama' };

export default function Page() {
  return <LicenceRoot />;
}
