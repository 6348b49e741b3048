// What has not been answered yet, in IndexedDB: it outlives the page, the browser and a night without a network.

/** A block, the end of a stream, or a press of the event button, as it is sent. */
export interface Letter {
  /** Grows with time: the newest is the largest. */
  id?: number;
  kind: 'block' | 'end' | 'press';
  /** Which set-up it belongs to: its key is looked up when it is sent. */
  patient: string;
  body: object;
  /** Of a press: when, by this browser's clock. What is sent is how long ago that was. */
  pressedMs?: number;
}

export interface Outbox {
  put(letter: Letter): Promise<number>;
  remove(ids: readonly number[]): Promise<void>;
  /** Of a patient at most so many, the newest first. */
  newest(patient: string, most: number): Promise<Letter[]>;
  count(): Promise<number>;
}

const DATABASE = 'vigil-sender';
const STORE = 'letters';

const done = <Value>(request: IDBRequest<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'));
  });

const committed = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB'));
  });

export async function openOutbox(): Promise<Outbox> {
  const asked = indexedDB.open(DATABASE, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: 'id', autoIncrement: true }).createIndex('patient', 'patient');
  const database = await done(asked);
  const within = (mode: IDBTransactionMode) => database.transaction(STORE, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' }).objectStore(STORE);
  return {
    put: async (letter) => {
      const store = within('readwrite');
      const id = (await done(store.add(letter))) as number;
      await committed(store.transaction);
      return id;
    },
    remove: async (ids) => {
      const store = within('readwrite');
      for (const id of ids) store.delete(id);
      await committed(store.transaction);
    },
    newest: (patient, most) =>
      new Promise((resolve, reject) => {
        const found: Letter[] = [];
        const walk = within('readonly').index('patient').openCursor(IDBKeyRange.only(patient), 'prev');
        walk.onerror = () => reject(walk.error ?? new Error('IndexedDB'));
        walk.onsuccess = () => {
          const cursor = walk.result;
          if (!cursor || found.length >= most) return resolve(found);
          found.push(cursor.value as Letter);
          cursor.continue();
        };
      }),
    count: () => done(within('readonly').count()),
  };
}
