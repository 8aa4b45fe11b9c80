export type Locale = 'en' | 'ja';

/** The first of the person's languages that we speak; English where there is none. */
export function chooseLocale(languages: readonly string[]): Locale {
  const known = languages
    .map((tag) => tag.toLowerCase().split('-')[0])
    .find((language) => language === 'ja' || language === 'en');
  return known === 'ja' ? 'ja' : 'en';
}

const en = {
  about: 'About Tama',
  services: 'Services',
  hide: 'Hide Tama',
  hideOthers: 'Hide Others',
  showAll: 'Show All',
  quit: 'Quit Tama',
  file: 'File',
  close: 'Close Window',
  edit: 'Edit',
  undo: 'Undo',
  redo: 'Redo',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  pastePlain: 'Paste as Plain Text',
  selectAll: 'Select All',
  view: 'View',
  reload: 'Reload',
  developerTools: 'Developer Tools',
  actualSize: 'Actual Size',
  zoomIn: 'Zoom In',
  zoomOut: 'Zoom Out',
  fullScreen: 'Full Screen',
  window: 'Window',
  minimize: 'Minimize',
  zoom: 'Zoom',
  front: 'Bring All to Front',
  gpuCrashed: 'The graphics process stopped several times.',
  gpuCrashedDetail:
    'Your conversations are safe. A driver update often helps; so does a smaller model, or closing other programs that use the GPU.',
  pageCrashed: 'The page stopped several times.',
  pageCrashedDetail: 'Your conversations are safe. If it happens again, try a smaller model or a shorter context.',
  tryAgain: 'Try Again',
  siteMissing: 'The app’s files are missing. Build them first: pnpm --filter desktop start',
};

export type Messages = Readonly<typeof en>;

const ja: Messages = {
  about: 'Tamaについて',
  services: 'サービス',
  hide: 'Tamaを隠す',
  hideOthers: 'ほかを隠す',
  showAll: 'すべてを表示',
  quit: 'Tamaを終了',
  file: 'ファイル',
  close: 'ウィンドウを閉じる',
  edit: '編集',
  undo: '取り消す',
  redo: 'やり直す',
  cut: '切り取り',
  copy: 'コピー',
  paste: '貼り付け',
  pastePlain: '書式なしで貼り付け',
  selectAll: 'すべてを選択',
  view: '表示',
  reload: '再読み込み',
  developerTools: 'デベロッパーツール',
  actualSize: '実際のサイズ',
  zoomIn: '拡大',
  zoomOut: '縮小',
  fullScreen: 'フルスクリーン',
  window: 'ウィンドウ',
  minimize: '最小化',
  zoom: '拡大/縮小',
  front: 'すべてを手前に移動',
  gpuCrashed: 'グラフィックスのプロセスが何度か停止しました。',
  gpuCrashedDetail:
    '会話は保存されています。ドライバーを更新する、小さいモデルを使う、GPUを使うほかのアプリを閉じる、のいずれかで直ることがあります。',
  pageCrashed: 'ページが何度か停止しました。',
  pageCrashedDetail: '会話は保存されています。続くようでしたら、小さいモデルか短いコンテキストをお試しください。',
  tryAgain: 'もう一度試す',
  siteMissing: 'アプリのファイルがありません。先にビルドしてください: pnpm --filter desktop start',
};

export const messages: Readonly<Record<Locale, Messages>> = { en, ja };
