import { ChatRoot } from '../src/chat-root.tsx';

export default function Page() {
  return <ChatRoot />;
}
