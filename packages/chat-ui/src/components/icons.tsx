import type { ReactNode } from 'react';

function icon(name: string, children: ReactNode) {
  const Icon = () => (
    <svg
      className="tama-icon"
      viewBox="0 0 24 24"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
  Icon.displayName = `${name}Icon`;
  return Icon;
}

export const NewChatIcon = icon('NewChat', <path d="M12 5v14M5 12h14" />);
export const HistoryIcon = icon('History', <path d="M4 6.5h16M4 12h16M4 17.5h10" />);
export const SettingsIcon = icon(
  'Settings',
  <>
    <path d="M4 8h8M18 8h2M4 16h2M12 16h8" />
    <circle cx="15" cy="8" r="2.5" />
    <circle cx="9" cy="16" r="2.5" />
  </>,
);
export const SendIcon = icon('Send', <path d="M12 19V5.5M6 11l6-6 6 6" />);
export const StopIcon = icon('Stop', <rect x="7" y="7" width="10" height="10" rx="2" fill="currentColor" />);
export const CopyIcon = icon(
  'Copy',
  <>
    <rect x="9" y="9" width="11" height="11" rx="2.5" />
    <path d="M15 5.8A2 2 0 0 0 13 4H6a2 2 0 0 0-2 2v7a2 2 0 0 0 1.8 2" />
  </>,
);
export const CheckIcon = icon('Check', <path d="m5 12.5 4.5 4.5L19 7.5" />);
export const AgainIcon = icon('Again', <path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15" />);
export const EditIcon = icon('Edit', <path d="M4.5 19.5h4L19 9a2.1 2.1 0 0 0-3-3L5.5 16.5zM14 8l3 3" />);
export const CloseIcon = icon('Close', <path d="M6 6l12 12M18 6 6 18" />);
export const TrashIcon = icon('Trash', <path d="M5 7h14M10 7V5h4v2M7 7l.8 12h8.4L17 7" />);
export const DownIcon = icon('Down', <path d="M12 5v14M6 13l6 6 6-6" />);
export const FolderIcon = icon('Folder', <path d="M3.5 18V6h5.6l2 2.4h9.4V18z" />);
export const FileIcon = icon('File', <path d="M6 3.5h7.5L18 8v12.5H6zM13 4v4.5h4.5" />);
export const ImportIcon = icon('Import', <path d="M12 15.5v-11M7.5 8.5 12 4l4.5 4.5M5 19.5h14" />);
export const ExportIcon = icon('Export', <path d="M12 4v11M7.5 11 12 15.5l4.5-4.5M5 19.5h14" />);
