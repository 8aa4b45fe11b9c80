/// <reference types="node" />

import { describeModel } from '../storage/model-store/model-description.ts';
import { nodeModelStore } from '../storage/model-store/node-model-store.ts';

// A process of its own that downloads into a store: FOLDER URL PIECE_BYTES SHA256. Progress goes to stdout as JSON lines.
const [folder, url, pieceBytes, sha256] = process.argv.slice(2);
const description = await describeModel(url!, { sha256: sha256! });
const store = nodeModelStore(folder!, { pieceBytes: Number(pieceBytes), connections: 2 });
const download = store.download(description, { onProgress: (progress) => console.log(JSON.stringify(progress)) });
const { complete } = await download.finished;
console.log(JSON.stringify({ complete }));
