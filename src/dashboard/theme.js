/* The chosen colours, applied before the page is painted; without a choice the system's hold. */
"use strict";

{
	let choice = "";

	try {
		choice = localStorage.getItem("muster.theme") ?? "";
	} catch {
		/* storage may be forbidden: the system's colours then */
	}
	if (choice === "light" || choice === "dark")
		document.documentElement.dataset.theme = choice;
}
