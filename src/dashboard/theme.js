/* Applies the chosen colours before the page is painted. Without a choice, the system's colours are
 * used. */
"use strict";

{
	let choice = "";

	try {
		choice = localStorage.getItem("muster.theme") ?? "";
	} catch {
		/* if storage is blocked, use the system's colours */
	}
	if (choice === "light" || choice === "dark")
		document.documentElement.dataset.theme = choice;
}
