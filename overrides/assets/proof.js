// Shows that work was done, when the service asks for it because very many messages come in (contact_service/web/proof.py). It takes
// a few seconds in a worker, so that the page stays usable.

export async function prove({ dataset }) {
  document.getElementById("way").textContent = dataset.working;
  return solved(JSON.parse(dataset.challenge)).catch(() => "");
}

async function solved(challenge) {
  const worker = new Worker(new URL("altcha/pbkdf2.js", import.meta.url));
  try {
    const solution = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data?.derivedKey ? resolve(data) : reject(data?.error));
      worker.onerror = reject;
      worker.postMessage({ type: "work", challenge });
    });
    return btoa(JSON.stringify({ challenge, solution }));
  } finally {
    worker.terminate();
  }
}
