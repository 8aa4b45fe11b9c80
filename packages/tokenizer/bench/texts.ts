import { seededIntegers } from '../src/testing/random.ts';

type Grammar = readonly (readonly string[])[];

const words = (text: string): string[] => text.split('|');

// Each sentence takes one entry of every row. Written for this benchmark.
const japanese: Grammar = [
  words(
    '昨日の夕方|雪の降る晩に|朝早く|先週の日曜日|長い会議のあとで|夏休みのはじめに|よく晴れた午後|停電のあった夜|祖父の誕生日に|電車を待つあいだ',
  ),
  words('、'),
  words(
    '駅前の喫茶店で|古い図書館の二階で|海の見える坂道で|研究室の片隅で|市場の入り口で|誰もいない体育館で|山小屋の台所で|隣町の病院で|川沿いの公園で|地下鉄の改札で',
  ),
  words(
    '若い技師は|無口な店長が|三人の学生たちは|新しく来た先生が|白い猫を抱いた女の子は|郵便配達の男が|料理人見習いの姉は|引退した船長が|双子の兄弟は|通訳の友人が',
  ),
  words(
    '壊れた時計を|プログラムの設計図を|分厚い辞書を|約束の手紙を|コンピューターの部品を|焼きたてのパンを|二〇二四年の統計データを|青いインクの瓶を|ビデオカメラを|祭りの写真を',
  ),
  words(
    '静かに机の上へ置いた|何度も見比べていた|隣の人に見せながら笑った|急いで鞄にしまい込んだ|少しずつ直しはじめた|誰にも言わずに持ち帰った|インターネットで調べてみた|そっと箱から取り出した|一万円で買い取ったという|とうとう見つけられなかった',
  ),
  words('。|。|。|！|、しかし理由はわからない。|。「もう遅いよ」と声がした。'),
];
const english: Grammar = [
  words(
    'Yesterday evening|After the long meeting|Early in the morning|On the first day of summer|While the train was late|Before anyone noticed|During the power cut|At half past seven',
  ),
  words(', '),
  words(
    "the young engineer|a quiet shopkeeper|three students|her grandfather|the retired captain|somebody's neighbour|an interpreter from Osaka|the new teacher",
  ),
  words(' '),
  words('repaired|carefully unwrapped|compared|photographed|forgot about|described|carried away|tried to translate'),
  words(' '),
  words(
    'a broken clock|the blueprints of the program|seventeen old letters|two loaves of bread|the statistics for 2024|a heavy dictionary|the blue ink bottle|an unusual keyboard',
  ),
  words(
    ' in the library| by the river| without saying a word| for almost 3.5 hours| on the second floor| next to the ticket gate',
  ),
  words('. |. |. |! |; nobody knew why. |, or so the story goes. '),
];
const code: Grammar = [
  words('  const |  let |  return |    this.|  export const |    // '),
  words('buffer|index|vocabulary|pipeline|tokenCount|nextState|config|workgroupSize|renderPass|result'),
  words(' = | += | === |.push(|.map((x) => x * |['),
  words('0|1|42|0xff|length - 1|input[i]|Math.max(a, b)|"utf-8"|name.trim()|await load()'),
  words(');\n|;\n|];\n| ?? null;\n| });\n|;\n\n|; // TODO\n|;\n\t\t'),
];

/** A text of about so many UTF-8 bytes, always the same, that does not repeat itself. */
export function text(kind: 'japanese' | 'english' | 'code', bytes: number): string {
  const grammar = { japanese, english, code }[kind];
  const random = seededIntegers(bytes);
  const sentences: string[] = [];
  for (let length = 0; length < bytes; ) {
    let sentence = '';
    for (const row of grammar) sentence += row[random(row.length)];
    sentences.push(sentence);
    length += Buffer.byteLength(sentence);
  }
  return sentences.join('');
}
