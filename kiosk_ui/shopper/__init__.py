"""For shoppers and the public: the kiosk, the online shop, receipts and pictures (`pages`)."""
