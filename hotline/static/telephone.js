// The browser's telephone: the provider's SDK, or the same verbs over the simulator, without sound.
// Whatever goes wrong inside is told to people in one way.

import { call } from "./hotline.js";

class SimulatedTelephone {
  constructor({ url, identity }) {
    this.base = `${url}/softphone/${identity}`;
  }
  async ask(verb, body = {}) {
    const response = await fetch(`${this.base}/${verb}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(response.status);
  }
  connect(params) {
    return this.ask("connect", params);
  }
  hangUp() {
    return this.ask("hangup");
  }
  mute(on) {
    return this.ask("mute", { on });
  }
  beat() {
    return this.ask("beat");
  }
  // The page goes. The same page may come again at once and go on talking: the exchange waits a moment for it.
  leave() {
    navigator.sendBeacon(`${this.base}/leave`);
  }
}

// With Twilio: @twilio/voice-sdk, put into static/vendor at deployment.
class TwilioTelephone {
  constructor({ token }) {
    this.ready = import("./vendor/twilio-voice.js").then(({ Device }) => {
      this.device = new Device(token, { closeProtection: true, tokenRefreshMs: 60_000 });
      this.device.on("tokenWillExpire", async () => {
        const fresh = await call("/desk/line/telephone");
        this.device.updateToken(fresh.token);
      });
    });
  }
  async connect(params) {
    await this.ready;
    this.leg = await this.device.connect({ params });
  }
  async hangUp() {
    this.leg?.disconnect();
  }
  async mute(on) {
    this.leg?.mute(on);
  }
  async beat() {}
  leave() {
    this.leg?.disconnect();
  }
}

export const AWAY = "电话暂时连不上，请检查网络和耳麦。";

export function telephoneFor(needs) {
  const own = needs.kind === "twilio" ? new TwilioTelephone(needs) : new SimulatedTelephone(needs);
  const told = (verb) => async (...given) => {
    try {
      return await own[verb](...given);
    } catch {
      throw new Error(AWAY);
    }
  };
  return { connect: told("connect"), hangUp: told("hangUp"), mute: told("mute"), beat: told("beat"), leave: told("leave") };
}
