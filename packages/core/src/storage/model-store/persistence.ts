/** Asks the browser to keep this site's files when space becomes scarce. Only a page can, for its workers too. */
export async function askForPersistence(
  storage: StorageManager | undefined = globalThis.navigator?.storage,
): Promise<void> {
  await storage?.persist?.().catch(() => false);
}
