/** Waits without keeping the process alive: a proxy that ends is what ends the agent. */
export function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
